"""The socket edge: who is connected to this process, what they are sent, and what they say."""
