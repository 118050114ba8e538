"""One edge process with thousands of readers, beside other servers that fan out."""
