"""What a worker tells about itself: metrics for Prometheus, logs of ends, traces where they are switched on."""
