#!/sbin/openrc-run
# Goes to /etc/init.d/{{ name }}, mode 755; then: rc-update add {{ name }} default && rc-service {{ name }} start
# Look at the lines with the user {{ user }} and with {{ importRoot }}.

description="{{ name }} (Python web service)"

# start-stop-daemon, the default, starts it once and never looks again. It is for the default start() only, and for a
# command that stays in the foreground: one that forks and ends looks like a crash.
supervisor="supervise-daemon"
command={{ program }}
command_args={{ programArguments }}
# Not the server's own --user or uid=: a process that gives root away itself is not allowed to leave a core.
command_user="{{ user }}"
# The core is written here (unless kernel.core_pattern says otherwise), by default to /: this folder belongs to the user,
# is not emptied by a restart, and has no folder named core. Python finds the application without it.
directory="/var/lib/{{ name }}"
export PYTHONPATH="{{ importRoot }}"

# The soft limit is 0 almost everywhere. One limit only: with several, the ulimit of many shells fails, and sets none.
rc_ulimit="-c unlimited"
# Without the two it is started again at once, and never after the 10th crash of its life (before OpenRC 0.62; within
# 12 s since then).
respawn_delay=1
respawn_max=0
# A process that is writing its core does not react to SIGTERM; killed after 5 s, the default, it leaves a truncated one.
retry="TERM/90/KILL/5"
# By default what it prints goes nowhere, and with it the log of the crash.
output_log="/var/log/{{ name }}.log"
error_log="/var/log/{{ name }}.log"

depend() {
	use net
}

start_pre() {
	checkpath --directory --owner "$command_user" --mode 0750 "$directory"
	checkpath --file --owner "$command_user" --mode 0640 "$output_log"
}
