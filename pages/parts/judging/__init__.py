"""What the judges page draws: the judges, one judge's definition, what it is asked, its runs and calls."""
