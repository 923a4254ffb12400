"""What git, ssh and the hosts really print, and whether a retry can help."""
# ruff: noqa: E501  # lines as they print them

import pytest

from include.apod.adapters.git_errors import is_behind, is_refusal

NO_READ = "\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n"
REFS = "error: failed to push some refs to 'https://host.example/team/data.git'\n"


def rejected(reason):
    """The line of `git push --porcelain`."""
    return f"To https://host.example/team/data.git\n!\tHEAD:refs/heads/main\t[remote rejected] ({reason})\nDone\n{REFS}"


FINAL = {
    # git 2.30 to 2.52
    "login": "fatal: Authentication failed for 'https://host.example/team/data.git/'\n",
    "no terminal": "fatal: could not read Username for 'https://host.example': terminal prompts disabled\n",
    "no terminal, 2.30": "fatal: could not read Username for 'https://host.example': No such device or address\n",
    "no password": "fatal: could not read Password for 'https://x@host.example': terminal prompts disabled\n",
    "403": "fatal: unable to access 'https://host.example/team/data.git/': The requested URL returned error: 403\n",
    "401": "fatal: unable to access 'https://host.example/team/data.git/': The requested URL returned error: 401\n",
    "404": "fatal: repository 'https://host.example/team/data.git/' not found\n",
    "no such folder": "fatal: repository '/data.git' does not exist\n",
    "no repository": f"fatal: '/data.git' does not appear to be a git repository{NO_READ}",
    "no branch": "warning: Could not find remote branch data to clone.\nfatal: Remote branch data not found in upstream origin\n",
    "no reference": "fatal: couldn't find remote ref refs/heads/data\n",
    "certificate": "fatal: unable to access 'https://host.example/data.git/': SSL certificate problem: self-signed certificate\n",
    "certificate, gnutls": "fatal: unable to access 'https://host.example/data.git/': server certificate verification failed. CAfile: none CRLfile: none\n",
    "certificates' file": "fatal: unable to access 'https://host.example/data.git/': error setting certificate verify locations:  CAfile: /nowhere CApath: none\n",
    "proxy": "fatal: unable to access 'https://host.example/data.git/': Unsupported proxy 'socks9', libcurl is built without\n",
    "owner": "fatal: detected dubious ownership in repository at '/srv/data.git'\nTo add an exception for this directory, call:\n",
    "owner, 2.35": "fatal: unsafe repository ('/srv/data.git' is owned by someone else)\n",
    "transport": "fatal: transport 'ext' not allowed\n",
    "helper": "git: 'remote-foo' is not a git command. See 'git --help'.\nfatal: remote helper 'foo' aborted session\n",
    "folder": "fatal: could not create work tree dir '/srv/x': Permission denied\n",
    "server's folder": f"remote: error: insufficient permission for adding an object to repository database ./objects\n{rejected('unpacker error')}",
    # ssh
    "key": f"git@host.example: Permission denied (publickey).{NO_READ}",
    "key, windows line": f"git@host.example: Permission denied (publickey,password).\r{NO_READ}",
    "host key": f"Host key verification failed.\r{NO_READ}",
    "unknown host": f"No ED25519 host key is known for host.example and you have requested strict checking.\r\nHost key verification failed.\r{NO_READ}",
    "changed host": f"@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.{NO_READ}",
    "bad key": f'Load key "/tmp/key": error in libcrypto\ngit@host.example: Permission denied (publickey).{NO_READ}',
    "open key": f"Permissions 0644 for '/tmp/key' are too open.\nThis private key will be ignored.{NO_READ}",
    # GitHub
    "GH001": f"remote: error: GH001: Large files detected. You may want to try Git Large File Storage.\n{rejected('pre-receive hook declined')}",
    "GH006": f"remote: error: GH006: Protected branch update failed for refs/heads/main.\nremote: error: Changes must be made through a pull request.\n{rejected('protected branch hook declined')}",
    "GH008": f"remote: error: GH008: Your push referenced at least 1 unknown Git LFS object:\n{rejected('pre-receive hook declined')}",
    "GH013": f"remote: error: GH013: Repository rule violations found for refs/heads/main.\nremote: \nremote: - Changes must be made through a pull request.\n{rejected('push declined due to repository rule violations')}",
    "gone": "remote: Repository not found.\nfatal: repository 'https://github.com/team/data.git/' not found\n",
    "gone, ssh": f"ERROR: Repository not found.{NO_READ}",
    "read only key": f"ERROR: The key you are authenticating with has been marked as read only.{NO_READ}",
    "no right": "remote: Permission to team/data.git denied to somebody.\nfatal: unable to access 'https://github.com/team/data.git/': The requested URL returned error: 403\n",
    "no right, token": "remote: Write access to repository not granted.\nfatal: unable to access 'https://github.com/team/data.git/': The requested URL returned error: 403\n",
    "password": "remote: Support for password authentication was removed on August 13, 2021.\nfatal: Authentication failed for 'https://github.com/team/data.git/'\n",
    "token": "remote: Invalid username or token. Password authentication is not supported for Git operations.\nfatal: Authentication failed for 'https://github.com/team/data.git/'\n",
    "archived": "remote: This repository was archived so it is read-only.\nfatal: unable to access 'https://github.com/team/data.git/': The requested URL returned error: 403\n",
    # GitLab, Bitbucket, Azure, Gitea
    "protected": f"remote: GitLab: You are not allowed to push code to protected branches on this project.\n{rejected('pre-receive hook declined')}",
    "protected, old": f"remote: GitLab: You are not allowed to access some of the refs!\n{rejected('pre-receive hook declined')}",
    "message rule": f"remote: GitLab: Commit message does not follow the pattern 'JIRA-\\d+'\n{rejected('pre-receive hook declined')}",
    "basic": "remote: HTTP Basic: Access denied. The provided password or token is incorrect.\nfatal: Authentication failed for 'https://gitlab.com/team/data.git/'\n",
    "not found": "remote: The project you were looking for could not be found or you don't have permission to view it.\nfatal: repository 'https://gitlab.com/team/data.git/' not found\n",
    "not found, ssh": f"remote: \nremote: ERROR: The project you were looking for could not be found or you don't have permission to view it.{NO_READ}",
    "azure": f"remote: TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.\n{rejected('TF402455')}",
    "checked out": rejected("branch is currently checked out"),
    "a hook": rejected("pre-receive hook declined"),
    "an update hook": rejected("hook declined"),
    "shallow": rejected("shallow update not allowed"),
}
PASSING = {
    "dns": "fatal: unable to access 'https://host.example/team/data.git/': Could not resolve host: host.example\n",
    "refused": "fatal: unable to access 'https://host.example:4403/data.git/': Failed to connect to host.example port 4403 after 0 ms: Couldn't connect to server\n",
    "busy": "fatal: unable to access 'https://host.example/team/data.git/': The requested URL returned error: 503\n",
    "too many": "fatal: unable to access 'https://host.example/team/data.git/': The requested URL returned error: 429\n",
    "slow": "fatal: unable to access 'https://host.example/team/data.git/': The requested URL returned error: 408\n",
    "cut": "error: RPC failed; curl 56 GnuTLS recv error (-54): Error in the pull function.\nfatal: the remote end hung up unexpectedly\n",
    "early": "fetch-pack: unexpected disconnect while reading sideband packet\nfatal: early EOF\nfatal: fetch-pack: invalid index-pack output\n",
    "tls": "fatal: unable to access 'https://host.example/data.git/': OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to host.example:443\n",
    "tls, gnutls": "fatal: unable to access 'https://host.example/data.git/': gnutls_handshake() failed: The TLS connection was non-properly terminated.\n",
    "ssh dns": f"ssh: Could not resolve hostname host.example: Temporary failure in name resolution{NO_READ}",
    "ssh refused": f"ssh: connect to host host.example port 22: Connection refused{NO_READ}",
    "ssh closed": f"kex_exchange_identification: Connection closed by remote host\nConnection closed by 192.0.2.1 port 22{NO_READ}",
    "disk": "fatal: write error: No space left on device\nfatal: fetch-pack: invalid index-pack output\n",
    "their disk": f"remote: fatal: write error: No space left on device\n{rejected('unpacker error')}",
    "their fault": f"remote: Internal Server Error\n{rejected('Internal Server Error')}",
    "their fault, GitLab": f"remote: GitLab: Internal API unreachable\n{rejected('pre-receive hook declined')}",
    "their fault, GitLab 2": f"remote: GitLab: Internal API error (502)\n{rejected('pre-receive hook declined')}",
    "behind": f"To x\n!\tHEAD:refs/heads/main\t[rejected] (fetch first)\nDone\n{REFS}",
    # words of a refusal where they are part of a name
    "a port": "fatal: unable to access 'http://127.0.0.1:40301/data.git/': Failed to connect to 127.0.0.1 port 40301 after 0 ms: Couldn't connect to server\n",
    "a name": "fatal: unable to access 'https://host.example/not found/403/permission denied.git/': Could not resolve host: host.example\n",
    "a branch": "fatal: unable to access 'https://h.example/d.git/': The requested URL returned error: 502 (branch does-not-exist-403)\n",
    "a hook's name": "remote: hook declined-by-nobody is still running\nfatal: the remote end hung up unexpectedly\n",
}


@pytest.mark.parametrize("text", FINAL.values(), ids=FINAL.keys())
def test_a_refusal_is_final(text):
    """A credential, a right, a rule or an address: a person must look."""
    assert is_refusal(text)
    assert not is_behind(text)


@pytest.mark.parametrize("text", PASSING.values(), ids=PASSING.keys())
def test_what_may_pass_is_tried_again(text):
    """The network, the host's own faults, and names that sound like a refusal."""
    assert not is_refusal(text)


@pytest.mark.parametrize(
    "reason",
    [
        "[rejected] (fetch first)",
        "[rejected] (non-fast-forward)",
        "[remote rejected] (cannot lock ref 'refs/heads/main': is at 1 but expected 2)",
        "[remote rejected] (failed to update ref)",
        "[remote rejected] (incorrect old value provided)",
    ],
)
def test_who_came_too_late_makes_it_again(reason):
    """Only where git says so of the reference, not where some text has the words."""
    assert is_behind(f"To x\n!\tHEAD:refs/heads/main\t{reason}\nDone\n")
    assert not is_behind(f"remote: {reason}\n")
