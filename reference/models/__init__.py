"""Models, each by its forward alone; a model may know a faster way to its exact numbers."""
