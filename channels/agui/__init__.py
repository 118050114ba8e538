"""A conversation for AG-UI clients: `RunAgentInput` in, AG-UI events out. See `docs/agui.md`."""
