# Instep for `instep web` and `instep worker` on PostgreSQL (see compose.yaml and docs/howto/run-on-postgresql.md).
# Written without being built: no container engine was at hand. Please report what does not work.
FROM python:3.11-slim

RUN useradd --create-home instep
WORKDIR /app
COPY --chown=instep . .
RUN chown instep /app && install -d -o instep /data
USER instep

# The same set-up as everywhere: .venv, packages from the lock with hashes, front-end files (and a node to fetch them).
RUN python3 run.py setup

ENV INSTEP_DATA=/data PATH="/app/.venv/bin:$PATH"
VOLUME /data
EXPOSE 8000
CMD ["instep", "web", "--host", "0.0.0.0", "--port", "8000"]
