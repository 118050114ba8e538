"""What the bot does. One file a flow; none of them needs code yet."""
