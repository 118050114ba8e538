# One image with everything: the page, the environment (each file checked against its hash), the model.
# docker build -t switchboard .      How to run it: docs/deploy.md

FROM node:22-slim AS page
WORKDIR /app
COPY package.json package-lock.json ./
COPY client/package.json client/
COPY widget/package.json widget/
COPY console/package.json console/
RUN npm ci --no-audit --no-fund
COPY client/tsconfig.json client/vite.config.ts client/
COPY client/src/ client/src/
COPY widget/tsconfig.json widget/vite.config.ts widget/
COPY widget/src/ widget/src/
COPY console/tsconfig.json console/vite.config.ts console/index.html console/
COPY console/src/ console/src/
RUN npm run build

FROM python:3.11-slim AS environment
WORKDIR /app
COPY requirements/ requirements/
COPY scripts/bootstrap.py scripts/
COPY pyproject.toml ./
COPY switchboard/__init__.py switchboard/
COPY channels/__init__.py channels/
RUN python scripts/bootstrap.py --runtime && rm -rf .uv /root/.cache

FROM environment AS model
COPY switchboard/ switchboard/
COPY config.yml domain.yml ./
COPY domain/ domain/
COPY data/ data/
RUN .venv/bin/python -m switchboard train

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 switchboard && install --directory --owner switchboard /app /app/.data
WORKDIR /app
COPY --from=environment /app/.venv .venv
COPY config.yml domain.yml credentials.yml endpoints.yml ./
COPY domain/ domain/
COPY data/ data/
COPY switchboard/ switchboard/
COPY channels/ channels/
COPY actions/ actions/
COPY shop/ shop/
COPY docs/openapi.json docs/
COPY widget/page/ widget/page/
COPY --from=page /app/client/dist client/dist
COPY --from=page /app/widget/dist widget/dist
COPY --from=page /app/console/dist console/dist
COPY --from=model --chown=switchboard /app/models models

ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SWITCHBOARD_MODE=production \
    HOST=0.0.0.0
USER switchboard
VOLUME /app/.data
EXPOSE 5005
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ.get('PORT', 5005)}/chat/v1/health\", timeout=4)"]
CMD ["python", "-m", "switchboard", "run"]
