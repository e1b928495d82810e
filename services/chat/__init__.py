"""Live conversations: sessions, transcripts with sequence numbers, receipts, presence and the sockets themselves."""
