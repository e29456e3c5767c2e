"""Work that nobody waits for: promises are delivered, events worked, sweeps run; correct with Redis switched off."""
