-- Names of organizations, for texts that mention the gym.
SELECT gym.id::text, gym.name::text
FROM public.organizations AS gym
