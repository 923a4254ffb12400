"""What a failed command of git means, from what git, ssh and the host print, line by line.

Git has no error codes: every failure is 128, or 1 for a push. Its messages are in English here (`git_environment`), and
each stands at a fixed place of a line. Words inside of addresses, branches and paths are not looked at.
"""

from __future__ import annotations

import re

# `git push --porcelain`: tab, reference, tab, and why it was not taken
BEHIND = re.compile(
    r"^!\t.*\t\[(?:rejected\] \((?:fetch first|non-fast-forward|stale info)"
    r"|remote rejected\] \((?:cannot lock ref|incorrect old value provided|reference already exists"
    r"|failed to update ref))",
    re.MULTILINE,
)
# The host has a fault of its own, even where a hook of its says so.
PASSING = re.compile(
    r"""
    ^remote:\ (?:GitLab:\ (?:Internal\ API|Failed\ to\ contact|API\ is\ not\ accessible|.*maintenance)
                |(?:fatal:\ |error:\ )?.*(?:[Ii]nternal\ (?:server\ )?error|temporarily\ unavailable
                |[Tt]ry\ again\ later|No\ space\ left\ on\ device|rate\ limit))
    |^!\t.*\t\[remote\ rejected\]\ \((?:Internal\ Server\ Error|internal\ server\ error|failure|timeout)
    """,
    re.MULTILINE | re.VERBOSE,
)
FINAL = re.compile(
    r"""
    ^fatal:\ (?:
        Authentication\ failed\ for
        |could\ not\ read\ (?:Username|Password)\ for
        |unable\ to\ access\ '.*':\ (?:
            The\ requested\ URL\ returned\ error:\ (?:40[0134569]|41\d|422|451)
            |.*(?:SSL\ certificate\ problem|certificate\ verif(?:ication|y)\ failed|unable\ to\ get\ local\ issuer
                 |no\ alternative\ certificate\ subject\ name|error\ (?:setting|adding)\ (?:certificate|trust\ anchors)
                 |could\ not\ load\ PEM\ client\ certificate)
            |Unsupported\ p|Protocol\ .*\ (?:not\ supported|disabled)|URL\ (?:using\ bad|rejected)|Port\ number)
        |repository\ '.*'\ (?:not\ found|does\ not\ exist)
        |'.*'\ does\ not\ appear\ to\ be\ a\ git\ repository
        |Remote\ branch\ .*\ not\ found\ in\ upstream
        |(?:[Cc]ouldn't|could\ not)\ find\ remote\ ref
        |(?:detected\ dubious\ ownership\ in|unsafe)\ repository
        |transport\ '.*'\ not\ allowed
        |unable\ to\ find\ remote\ helper
        |strange\ (?:hostname|pathname)\ '
        |(?:invalid|bad|unknown)\ .*(?:refspec|config|value)
        |No\ (?:path|host)\ specified
    )
    |^(?:fatal|error):\ .*:\ Permission\ denied$
    |^error:\ (?:src\ refspec|insufficient\ permission\ for\ adding\ an\ object)
    |^git:\ 'remote-.*'\ is\ not\ a\ git\ command
    |^\S+:\ Permission\ denied\ \((?:publickey|password|keyboard-interactive|gssapi|hostbased)
    |^Host\ key\ verification\ failed\.
    |^No\ \S+\ host\ key\ is\ known\ for
    |^@\s+WARNING:\ REMOTE\ HOST\ IDENTIFICATION\ HAS\ CHANGED
    |^Load\ key\ ".*":\ (?!Connection)
    |^Permissions\ \d+\ for\ '.*'\ are\ too\ open
    |^(?:remote:\ )?(?:ERROR|error|fatal):\ (?:
        Repository\ not\ found
        |The\ project\ you\ were\ looking\ for\ could\ not\ be\ found
        |Permission\ to\ .*\ denied\ to
        |Deploy\ keys?\ |The\ key\ you\ are\ authenticating\ with\ has\ been\ marked\ as\ read\ only
        |Your\ account|This\ repository|Write\ access|Access\ denied|insufficient\ permission)
    |^remote:\ (?:(?:error|ERROR|fatal):\ )?(?:
        GH\d{3}:|TF\d{6}:|GitLab:\ |GL-HOOK-ERR:
        |Repository\ not\ found|Not\ found
        |The\ project\ you\ were\ looking\ for\ could\ not\ be\ found
        |Write\ access\ to\ repository\ not\ granted
        |Permission\ to\ .*\ denied\ to
        |Invalid\ (?:username|credentials|authentication)|Support\ for\ password\ authentication\ was\ removed
        |HTTP\ Basic:\ Access\ denied|Access\ denied|Unauthorized|Forbidden
        |You\ (?:are\ not\ allowed|don't\ have|do\ not\ have|can't)
        |This\ repository\ (?:was\ archived|is\ disabled|has\ been|exceeded)|Your\ (?:account|push\ )
        |denying\ |By\ default,\ updating\ the\ current\ branch|refusing\ to)
    |^!\t.*\t\[remote\ rejected\]\ \((?:.*\bhook\ declined|push\ declined|branch\ is\ currently\ checked\ out|refusing
        |deny|prohibited|permission\ denied|not\ allowed|shallow\ update\ not\ allowed|unpacker\ error)
    """,
    re.MULTILINE | re.VERBOSE,
)


def is_behind(porcelain: str) -> bool:
    """Whether a push was refused since somebody else pushed first, from the output of `git push --porcelain`."""
    return bool(BEHIND.search(porcelain))


def is_refusal(output: str) -> bool:
    """Whether a retry cannot help, from all that a failed command printed: a credential, right, rule or address."""
    return not PASSING.search(output) and bool(FINAL.search(output))
