-- How many leads there are, so that a newcomer's address is nobody else's.
SELECT count(*) FROM public.leads
