"""Every documented callback, mutilated in a thousand ways, against the real application in this process."""
