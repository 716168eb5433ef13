"""A source becomes an Article, an Article becomes Passages."""
