"""SQL of chat, one function per question or write."""
