-- How many workflows of an organization fit, counted up to a bound.
SELECT count(*) FROM (SELECT FROM ({fitting}) AS w LIMIT %(most)s) AS counted
