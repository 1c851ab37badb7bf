{% if not isEnd %}
# Goes to /etc/conf.d/{{ name }}: openrc-run reads it before /etc/init.d/{{ name }}, so it is for what that does not set itself.
{% endif %}
{% if supervisor %}
# start-stop-daemon, the default, starts it once and never looks again. It is for the default start() only, and for a
# command that stays in the foreground: one that forks and ends looks like a crash.
supervisor="supervise-daemon"
{% endif %}
{% if coreLimit %}
# The soft limit is 0 almost everywhere. One limit only: with several, the ulimit of many shells fails, and sets none.
rc_ulimit="-c unlimited"
{% endif %}
{% if respawnDelay %}
# By default it is started again at once.
respawn_delay=1
{% endif %}
{% if respawnMax %}
# The default is never again after the 10th crash of its life (before OpenRC 0.62; within 12 s since then).
respawn_max=0
{% endif %}
{% if retry %}
# A process that is writing its core does not react to SIGTERM; killed after 5 s, the default, it leaves a truncated one.
retry="TERM/90/KILL/5"
{% endif %}
