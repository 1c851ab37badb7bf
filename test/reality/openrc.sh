# In namespaces of its own: Debian's OpenRC (a folder, $1) over this machine's files, the services of $2/etc started.
set -e
openrc=$1 own=$2
mount --make-rprivate /
mount -t overlay -o "lowerdir=$openrc/lib:/usr/lib" overlay /usr/lib
mount -t overlay -o "lowerdir=$openrc/sbin:/usr/sbin" overlay /usr/sbin
mount -t overlay -o "lowerdir=$own/etc:$openrc/etc:/etc" overlay /etc
mount -t tmpfs tmpfs /run
for state in starting started stopping inactive wasinactive failed hotplugged daemons options exclusive scheduled tmp; do
  mkdir -p "/run/openrc/$state"
done
echo default > /run/openrc/softlevel
for script in "$own"/etc/init.d/*; do
  name=${script##*/}
  { "/etc/init.d/$name" --nodeps start; touch "$own/$name.started"; } > "$own/$name.start" 2>&1 &
done
touch /run/openrc/all-are-starting
# The first process of a pid namespace is the parent of all that lose theirs, and the end of it is the end of all.
set +e
while :; do sleep 2; done
