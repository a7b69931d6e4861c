"""The old application's HTTP routes at their old addresses, over the enhanced data, until nobody calls them any more."""
