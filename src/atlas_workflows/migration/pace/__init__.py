"""How fast the work goes: batch sizes, rests, and the live application's latency that decides both."""
