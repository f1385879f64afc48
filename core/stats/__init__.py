"""Numbers in, numbers out: agreement coefficients with intervals; knows no database, table, page or network."""
