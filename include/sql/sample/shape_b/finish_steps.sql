-- Shape B: the steps' foreign key and index.
ALTER TABLE public.workflow_execution_steps ADD FOREIGN KEY (execution_id)
REFERENCES public.workflow_executions (id) ON DELETE CASCADE;
CREATE INDEX idx_workflow_execution_steps_execution_id ON public.workflow_execution_steps (execution_id);
