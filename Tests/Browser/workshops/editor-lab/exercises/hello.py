def greet(name):
    """Says hello."""
    return f"Hello, {name}"  # politely


print(greet("harbour"), 42)
