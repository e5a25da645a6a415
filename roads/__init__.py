"""The road network: travel times, routes, closures, the embedded city and the import of real maps."""
