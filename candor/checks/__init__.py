"""What a person names is looked up before it is used: brands, values of conditions, what a silence may hold."""
