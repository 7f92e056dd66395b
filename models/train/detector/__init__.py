"""The nano detector: finds plates with their four corners, and vehicles."""
