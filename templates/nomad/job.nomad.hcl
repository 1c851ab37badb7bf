# The parts of a job that matter for cores; merge them into yours. Look at the image and at {{ importRoot }}.
job "{{ name }}" {
  type = "service"

  group "{{ name }}" {
    # The default starts a task again twice in half an hour, and gives the allocation up after that ("fail"): its folder,
    # with the core, is then removed some time. "delay" waits for the next interval, and keeps it.
    restart {
      attempts = 20
      interval = "10m"
      delay    = "2s"
      mode     = "delay"
    }

    # For an allocation that failed all the same, on whatever node: for ever, which is the default for services.
    reschedule {
      delay          = "10s"
      delay_function = "exponential"
      max_delay      = "5m"
      unlimited      = true
    }

    # In MB; the default is 300, and a core that does not fit is truncated.
    ephemeral_disk {
      size = 4096
    }

    task "{{ name }}" {
      driver = "docker"

      config {
        image   = "{{ name }}"
        command = {{ programHcl }}
        args    = {{ argumentsHcl }}
        # As PID 1 the server ignores a SIGABRT that is sent, and ends by SIGSEGV where it aborts: let it be another one.
        init = true
        # A core pattern without a path means the working directory. The container's own layer goes at each restart;
        # this folder is the allocation's, any user may write to it, and it stays. The pattern itself is the node's
        # (kernel.core_pattern): where it is a pipe, the core goes to the node.
        work_dir = "/alloc/data"
        # -1 is no limit. Not "unlimited": the driver takes numbers only, and fails every start. Of exec and raw_exec
        # the limit is that of the Nomad agent: there, a shell has to lift it (ulimit -S -c unlimited; exec …).
        ulimit {
          core = "-1"
        }
      }

      env {
        PYTHONPATH = "{{ importRoot }}"
      }

      # A process that is writing its core does not react to SIGTERM; killed after 5 s, the default, it leaves a
      # truncated one. More than 30 s takes max_kill_timeout in the client's configuration.
      kill_timeout = "30s"
    }
  }
}
