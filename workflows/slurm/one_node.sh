#!/usr/bin/env bash
# A Slurm of one node, on loopback, as the present user: to try workflows/profiles/slurm without a
# cluster.
#
#   workflows/slurm/one_node.sh start FOLDER     write FOLDER, start munged, slurmctld and slurmd
#   workflows/slurm/one_node.sh status FOLDER    which of them run, and what the node is doing
#   workflows/slurm/one_node.sh stop FOLDER      cancel its jobs and stop the three
#
# `start` prints the lines that point sbatch, squeue and Snakemake at it:
#
#   eval "$(workflows/slurm/one_node.sh start /tmp/slurm)"
#
# Everything lies in FOLDER: key, configuration, state and logs. Nothing of the system's /etc/slurm
# or /etc/munge is read or written, and only processes whose numbers stand in FOLDER are stopped.
#
# Needs the programs of Debian's packages slurm-wlm and munge. As root, jobs run as root. As
# another user, jobs run as that user: slurmd can then start no others, and that is enough here.
#
# Settings from the environment: SLURM_CONTROL_PORT (16817), SLURM_NODE_PORT (16818), SLURM_CPUS
# (all), SLURM_MINUTES (the longest time of a job; 1440).
set -euo pipefail

PATH="$PATH:/usr/sbin:/sbin"
CONTROL_PORT="${SLURM_CONTROL_PORT:-16817}"
NODE_PORT="${SLURM_NODE_PORT:-16818}"

fail() {
  echo "one_node.sh: $1" >&2
  exit 2
}

runs() { # the daemon of this name, as its pid file in FOLDER says
  local pid
  pid="$(cat "$FOLDER/run/$1.pid" 2>/dev/null)" || return 1
  # A number that another program has since been given is not ours.
  [[ "$(cat "/proc/$pid/comm" 2>/dev/null)" == "$1" ]] || return 1
  tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "$FOLDER/"
}

write_conf() {
  local user node cpus memory
  user="$(id -un)"
  node="$(hostname -s)"
  # nproc would say OMP_NUM_THREADS where that is set.
  cpus="${SLURM_CPUS:-$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc)}"
  memory="$(awk '/^MemTotal:/ {print int($2 / 1024 * 0.95)}' /proc/meminfo)"
  cat >"$FOLDER/slurm.conf" <<EOF
ClusterName=one_node
SlurmctldHost=$node(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
SlurmctldPort=$CONTROL_PORT
SlurmdPort=$NODE_PORT
AuthType=auth/munge
AuthInfo=socket=$FOLDER/run/munge.socket
CredType=cred/munge
StateSaveLocation=$FOLDER/state
SlurmdSpoolDir=$FOLDER/spool
SlurmctldPidFile=$FOLDER/run/slurmctld.pid
SlurmdPidFile=$FOLDER/run/slurmd.pid
SlurmctldLogFile=$FOLDER/log/slurmctld.log
SlurmdLogFile=$FOLDER/log/slurmd.log
# Without cgroups, systemd and a database: processes are told by their numbers, and jobs that are
# done are remembered for an hour, which is what squeue answers from.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$FOLDER/log/jobs.txt
MinJobAge=3600
MpiDefault=none
ReturnToService=2
# Cores and memory are shared out, so that what profiles ask for is what jobs wait for.
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=2
# SLURM_CPUS may be more than the machine has.
SlurmdParameters=config_overrides
# A job that the partition can never start is refused when it is handed in.
EnforcePartLimits=ALL
NodeName=$node NodeAddr=127.0.0.1 CPUs=$cpus RealMemory=$memory State=UNKNOWN
PartitionName=main Nodes=$node Default=YES MaxTime=${SLURM_MINUTES:-1440} DefMemPerCPU=1000 State=UP
EOF
}

write_srun() { # Snakemake's job steps drop SLURM_CONF, and srun would look for /etc/slurm
  mkdir -p "$FOLDER/bin"
  printf '#!/bin/sh\nSLURM_CONF="%s" exec "%s" "$@"\n' "$FOLDER/slurm.conf" \
    "$(command -v srun)" >"$FOLDER/bin/srun"
  chmod +x "$FOLDER/bin/srun"
}

start() {
  local program
  for program in munged slurmctld slurmd sinfo; do
    command -v "$program" >/dev/null || fail "$program was not found; install slurm-wlm and munge"
  done
  for program in munged slurmctld slurmd; do
    runs "$program" && fail "$program of $FOLDER runs already; stop it first"
  done
  mkdir -p "$FOLDER"/{run,state,spool,log}
  chmod 700 "$FOLDER"
  # munged wants a key that no one else can read.
  (umask 077 && head -c 1024 /dev/urandom >"$FOLDER/munge.key")
  write_conf
  write_srun
  munged --key-file="$FOLDER/munge.key" --socket="$FOLDER/run/munge.socket" \
    --pid-file="$FOLDER/run/munged.pid" --log-file="$FOLDER/log/munged.log" \
    --seed-file="$FOLDER/state/munged.seed" --num-threads=2 --force 2>"$FOLDER/log/munged.start" \
    || fail "munged did not start; see $FOLDER/log/munged.log"
  slurmctld -c -f "$FOLDER/slurm.conf" || give_up "slurmctld did not start; see $FOLDER/log"
  slurmd -f "$FOLDER/slurm.conf" || give_up "slurmd did not start; see $FOLDER/log"
  for _ in $(seq 60); do
    if [[ "$(sinfo --noheader --format=%t 2>/dev/null)" == idle ]]; then
      echo "export SLURM_CONF=\"$FOLDER/slurm.conf\" PATH=\"$FOLDER/bin:\$PATH\""
      return
    fi
    sleep 0.5
  done
  give_up "the node did not become idle; see $FOLDER/log"
}

give_up() {
  stop
  fail "$1"
}

stop() {
  local program pid
  if runs slurmctld; then
    scancel --quiet --user="$(id -un)" 2>/dev/null || true
    for _ in $(seq 20); do
      [[ -z "$(squeue --noheader 2>/dev/null)" ]] && break
      sleep 0.5
    done
  fi
  for program in slurmd slurmctld munged; do
    runs "$program" || continue
    pid="$(cat "$FOLDER/run/$program.pid")"
    kill "$pid"
    for _ in $(seq 40); do
      runs "$program" || break
      sleep 0.25
    done
    runs "$program" && fail "$program (process $pid) did not stop"
  done
  return 0
}

status() {
  local program all=0
  for program in munged slurmctld slurmd; do
    if runs "$program"; then
      echo "$program runs (process $(cat "$FOLDER/run/$program.pid"))"
    else
      echo "$program does not run"
      all=1
    fi
  done
  [[ $all == 0 ]] && sinfo --Node --long && squeue
  return $all
}

[[ $# == 2 ]] || fail "wanted: one_node.sh start|stop|status FOLDER"
FOLDER="$(realpath -m "$2")"
export SLURM_CONF="$FOLDER/slurm.conf"
case "$1" in
  start) start ;;
  stop) stop ;;
  status) status ;;
  *) fail "'$1' is none of start, stop and status" ;;
esac
