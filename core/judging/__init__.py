"""LLM judges: what they are asked, how their replies are read, who answers. Knows no database and no page."""
