"""All that there is about one person: handed out, and erased."""
