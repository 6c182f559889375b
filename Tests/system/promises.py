"""Tries to do what the unit's sandbox forbids, each deed in a process of its own.

    promises.py WHERE

writes one line a deed to the file WHERE: its name, and "done" or "refused". A deed counts as done where
its effect is there, not where a call said so.
"""

import ctypes
import mmap
import os
import platform
import resource
import shutil
import socket
import stat
import subprocess
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
STATE = os.environ.get("STATE_DIRECTORY", "/var/lib/tokenwatchd")


def call(result):
    """Raises where a call of the C library failed."""
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def write(path):
    with open(path, "w") as file:
        file.write("x")
    os.unlink(path)


def read(path):
    with open(path, "rb") as file:
        file.read(1)


def set_uid():
    os.setresuid(12345, 12345, 12345)


def own_file():
    with open(f"{STATE}/deed", "w"):
        pass
    try:
        os.chown(f"{STATE}/deed", 12345, 12345)
    finally:
        os.unlink(f"{STATE}/deed")


def set_uid_bit():
    path = f"{STATE}/deed"
    with open(path, "w"):
        pass
    try:
        os.chmod(path, 0o4755)
        assert os.stat(path).st_mode & stat.S_ISUID
    finally:
        os.unlink(path)


def make_device():
    path = f"{STATE}/deed"
    os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    os.unlink(path)


def trace():
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    try:
        attach = 16
        call(libc.ptrace(attach, child, None, None))
    finally:
        os.kill(child, 9)


def see_others():
    me = os.getpid()
    others = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    assert any(os.stat(f"/proc/{pid}").st_uid != os.getuid() for pid in others if pid != me)


def raw_socket():
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)


def packet_socket():
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)


def netlink_socket():
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)


def low_port():
    socket.socket().bind(("127.0.0.1", 79))


def namespace(flag):
    call(libc.unshare(flag))


def mount():
    call(libc.mount(b"none", STATE.encode(), b"tmpfs", 0, None))
    libc.umount2(STATE.encode(), 2)


def chroot():
    os.chroot("/")


def real_time():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    assert os.sched_getscheduler(0) == os.SCHED_FIFO


def another_personality():
    linux32 = 8
    call(libc.personality(linux32))
    assert libc.personality(0xFFFFFFFF) == linux32


def write_and_execute():
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)


def rename_machine():
    name = socket.gethostname()
    socket.sethostname("deed")
    socket.sethostname(name)


def kernel_log():
    size = 10
    call(libc.klogctl(size, None, 0))


def kernel_settings():
    read("/proc/sys/kernel/ostype")


def control_group():
    path = "/sys/fs/cgroup/deed"
    os.mkdir(path)
    os.rmdir(path)


def run_shell():
    subprocess.run(["/bin/sh", "-c", ":"], check=True)


def run_file_in(folder):
    path = f"{folder}/deed"
    shutil.copy("/bin/true", path)
    os.chmod(path, 0o755)
    try:
        subprocess.run([path], check=True)
    finally:
        os.unlink(path)


def shared_memory():
    # Made by steps.sh, outside.
    call(libc.shmget(0x746F6B65, 0, 0))


def keyring():
    join_session = 1
    numbers = {"x86_64": 250, "aarch64": 219}
    call(libc.syscall(numbers[platform.machine()], join_session, None, 0, 0, 0))


def other_architecture():
    # getpid of x32: a kernel without x32 does not know it, and a filter ends the process.
    x32 = 0x40000000
    libc.syscall(x32 | 39)


def dump_core():
    resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20))


def gain_privileges():
    with open("/proc/self/status") as file:
        assert "NoNewPrivs:\t0\n" in file.read()


DEEDS = {
    "write /etc": lambda: write("/etc/deed"),
    "write /usr": lambda: write("/usr/deed"),
    "write /var": lambda: write("/var/lib/deed"),
    "write /boot": lambda: write("/boot/deed"),
    "write /run": lambda: write("/run/deed"),
    "write its configuration": lambda: write("/etc/tokenwatchd/deed"),
    "read /home": lambda: read("/home/alice/diary"),
    "read /root": lambda: os.listdir("/root/secrets"),
    "read another's file": lambda: read("/srv/another/file"),
    "read /tmp of others": lambda: read("/tmp/outside"),
    "open a device": lambda: read("/dev/outside"),
    "make a device": make_device,
    "become another user": set_uid,
    "give a file away": own_file,
    "make a set-uid file": set_uid_bit,
    "trace a process": trace,
    "see others' processes": see_others,
    "read the first process's environment": lambda: read("/proc/1/environ"),
    "open a raw socket": raw_socket,
    "open a packet socket": packet_socket,
    "open a netlink socket": netlink_socket,
    "listen on a low port": low_port,
    "make a user namespace": lambda: namespace(0x10000000),
    "make a mount namespace": lambda: namespace(0x00020000),
    "mount": mount,
    "change the root": chroot,
    "run in real time": real_time,
    "change the personality": another_personality,
    "write and execute memory": write_and_execute,
    "rename the machine": rename_machine,
    "read the kernel's log": kernel_log,
    "see the kernel's settings": kernel_settings,
    "make a control group": control_group,
    "run a shell": run_shell,
    "run a file in its folder": lambda: run_file_in(STATE),
    "run a file in /tmp": lambda: run_file_in("/tmp"),
    "run a file in /dev/shm": lambda: run_file_in("/dev/shm"),
    "use others' shared memory": shared_memory,
    "join a keyring": keyring,
    "dump core": dump_core,
    "gain privileges": gain_privileges,
}
if platform.machine() == "x86_64":
    DEEDS["use another architecture's calls"] = other_architecture


def tried(deed):
    """Whether a deed was done, in a process of its own: a filter may end it."""
    child = os.fork()
    if child == 0:
        try:
            deed()
        except (OSError, AssertionError, ValueError, PermissionError, subprocess.SubprocessError):
            os._exit(1)
        except BaseException as error:
            print(f"{error!r}", file=sys.stderr)
            os._exit(2)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 2:
        return "unclear"
    return "done" if status == 0 else "refused"


with open(sys.argv[1], "w") as report:
    for name, deed in DEEDS.items():
        report.write(f"{name}: {tried(deed)}\n")
