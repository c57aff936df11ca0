"""Properties of the parsers that hold for any input, tried by hypothesis in the tests and by atheris by hand."""
