-- Shape B: the edit counter and the daily analytics, faults included (see the comments).
CREATE FUNCTION public.increment_workflow_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.workflow_data IS DISTINCT FROM OLD.workflow_data THEN
        NEW.version = OLD.version + 1;
        -- The new content goes into the history; the very first content never does.
        INSERT INTO public.workflow_versions (workflow_id, version, workflow_data, changes, created_by)
        VALUES (NEW.id, NEW.version, NEW.workflow_data, NEW.description, NEW.created_by);
    END IF;
    NEW.updated_at = now();
    RETURN NEW;
END;
$$;

CREATE TRIGGER workflow_version_trigger BEFORE UPDATE ON public.workflows
FOR EACH ROW EXECUTE FUNCTION public.increment_workflow_version();

-- Counts at every update of a finished execution, not at the transition: repeated updates count twice.
CREATE FUNCTION public.update_workflow_analytics() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status IN ('completed', 'failed') THEN
        INSERT INTO public.workflow_analytics
        (workflow_id, date, executions_count, success_count, failure_count, total_execution_time_ms)
        VALUES (
            NEW.workflow_id, coalesce(NEW.completed_at, now())::date, 1,
            (NEW.status = 'completed')::int, (NEW.status = 'failed')::int, NEW.execution_time_ms
        )
        ON CONFLICT (workflow_id, date) DO UPDATE SET
            executions_count = workflow_analytics.executions_count + 1,
            success_count = workflow_analytics.success_count + EXCLUDED.success_count,
            failure_count = workflow_analytics.failure_count + EXCLUDED.failure_count,
            total_execution_time_ms = workflow_analytics.total_execution_time_ms + NEW.execution_time_ms;
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER workflow_analytics_trigger AFTER UPDATE ON public.workflow_executions
FOR EACH ROW EXECUTE FUNCTION public.update_workflow_analytics();
