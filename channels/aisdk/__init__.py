"""The chat for Vercel's AI SDK: `useChat` and what else reads its UI message stream, version 1."""
