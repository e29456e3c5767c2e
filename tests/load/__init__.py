"""A company under load: its people, what they send, and a light sender that measures how fast they are answered."""
