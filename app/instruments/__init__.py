"""What proves who somebody is, one module each; an instrument knows nothing of steps."""
