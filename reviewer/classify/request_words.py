"""The words that requests are made of. Every table is one regular expression of alternatives, matched as whole words."""

from __future__ import annotations

import re


def _words(table: str) -> re.Pattern[str]:
    """Any of the alternatives, which stand between bars with spaces around them, or on lines of their own."""
    alternatives = re.split(r" \| |\n\s*", table.strip())
    return re.compile(rf"(?<![\w-])(?:{'|'.join(alternatives)})(?![\w-])")


VERBS = {
    "debug": _words(
        r"""
        fix(?:es|ing)? | debug(?:ging)? | diagnose | investigate | troubleshoot | repair | solve | resolve | trace
        find out why | figure out why | find the (?:bug|cause|leak|problem|error) | track down | why | what causes
        what is wrong | what's wrong | reproduce
        """
    ),
    "refactor": _words(
        r"""
        refactor(?:ing)? | clean up | cleanup | tidy(?: up)? | rename | restructure | reorgani[sz]e | simplify
        rewrite | extract | split(?: up)? | inline | deduplicate
        remove (?:the )?(?:duplication|duplicates?|dead code) | modernize | migrate | port | convert | optimi[sz]e
        speed up | decouple | merge | move | reduce (?:the )?duplication
        make (?:it|this|that|them|the code) (?:\w+er|more \w+)
        improve (?:the )?(?:readability|performance|speed|structure)
        """
    ),
    "review": _words(
        r"""
        review(?:ing)? | audit | critique | look over | look at | check | inspect | assess | evaluate | feedback
        find (?:\w+ )?(?:bugs|issues|problems|vulnerabilities|mistakes) | look for | scan
        is (?:this|that|my|it|the|there) | are (?:these|there|the) | does this | what do you think
        """
    ),
    "test": _words(
        r"""
        test(?! (?:cases?|suite|data|plan)) | cover | mock | raise (?:the )?(?:test )?coverage
        """
    ),
    "docs": _words(
        r"""
        document | comment(?! ) | annotate | describe | translate
        """
    ),
    "read": _words(
        r"""
        explain | summari[sz]e | what does | how does | walk me through
        """
    ),
    "write": _words(
        r"""
        write | create | implement | build | make | generate | develop | code | need | want | give me | design
        define | program (?:an?|the) | draft | produce | set up | automate | compute | calculate | return | sort
        parse | reverse | prepare
        """
    ),
    "change": _words(
        r"""
        add | update | change | extend | improve | replace | remove | delete | drop | handle | support | insert
        increase | adjust | correct | upgrade | bump | switch | use | complete
        """
    ),
}
"""What asks for something. "write" and "change" wait for what it is that shall be written or changed."""

ADDED = _words(
    r"""
    add | extend | handle | support | insert | complete
    """
)
"""Words of "change" after which there is more than before."""

ENDS = re.compile(
    r"(?<![\w-])(?:for|of|about|that|which|who|to|in|with|using|so|from|on|when|where|by|covering|testing|if|whether)(?![\w-])|[:(]"
)
"""Where the main phrase ends."""

NOUNS = {
    "test": _words(
        r"""
        tests? | (?:unit|integration|regression|smoke|end-to-end|e2e|property|fuzz)[- ]tests? | specs? | test cases?
        test suite | fixtures? | coverage | benchmark tests? | doctests?
        """
    ),
    "docs": _words(
        r"""
        docs? | documentation | docstrings? | readme(?:\.md)? | changelog(?:\.md)? | comments? | tutorial | guide
        manual | wiki | release notes | typos? | man ?page | faq | javadoc | spelling | grammar | wording
        instructions
        """
    ),
    "script": _words(
        r"""
        scripts? | cli | command[- ]line (?:tool|program|interface|utility) | one-liner | cron ?job | automat\w+
        makefile | dockerfile | workflow | (?:ci|build|deployment|deploy) pipeline | shell | bash | powershell
        batch file | crawler | scraper | backups? | bot | tool
        """
    ),
    "function": _words(
        r"""
        functions? | methods? | procedures? | subroutines? | helpers? | lambdas? | decorators? | callbacks? | hooks?
        generators? | getters? | setters? | algorithms? | quer(?:y|ies) | endpoint | handler | regex
        regular expression
        """
    ),
    "class": _words(
        r"""
        class(?:es)? | dataclass(?:es)? | subclass | interface | struct | enum | object | singleton | factory | apis?
        service | microservice | server | client | app | application | module | component | package | library | system
        framework | website | web site | web page | page | game | plugin | database | data ?structure
        (?:linked|skip) list | queue | stack | binary tree | hash ?(?:map|table) | lru cache | cache | parser
        compiler | interpreter | schema | state machine | engine | scheduler | dashboard | model | repository
        manager
        """
    ),
}
"""What can be asked for. What is put together of several parts counts as a class."""

CAUSES = _words(
    r"""
    why | crash(?:es|ed|ing)? | fail(?:s|ed|ing)? | segfault(?:s|ed)? | hangs? | broken | breaks | not work(?:ing)?
    (?:doesn't|does not|don't|won't|isn't|can't) \w+ | throws? | raises? | deadlocks? | leak(?:s|ing)
    """
)
"""Trouble: with a word such as "check" it makes debugging of it."""

TROUBLE = _words(
    r"""
    bugs? | errors? | exceptions? | traceback | stack ?trace | nullpointerexception | \w+(?:error|exception) | wrong
    issue | problem | infinite loop | memory leak | race condition | regression | undefined | nan | timeouts? | got
    get an?
    """
)

TINY = _words(
    r"""
    typos? | spelling | hello,? world | one-liner | rename | bump | getters? | setters? | print | whitespace
    indentation | constant | grammar
    """
)
"""Small whatever they are about."""

LESS = _words(
    r"""
    simple | trivial | small | tiny | basic | minimal | easy | quick | short | little
    """
)

WHOLE = _words(
    r"""
    (?:whole|entire) \w+ | all (?:the )?(?:modules|services|classes) | code ?base | architecture | from scratch
    end[- ]to[- ]end
    """
)

SYSTEMS = _words(
    r"""
    (?:rest(?:ful)?|graphql|web|http) (?:api|service|server) | apis? | microservices? | services? | server
    application | app | system | framework | compiler | interpreter | database | engine | scheduler | pipeline
    distributed | concurren\w+ | multi-?thread\w+ | lock-free | oauth2? | authentication | encrypt\w+ | transactions?
    real-?time | neural networks? | machine learning | plugin | state machine | operating system | game | dashboard
    website | race conditions? | deadlocks? | consensus | replication | garbage collector | protocol
    """
)
"""What consists of many parts, or goes wrong in many ways."""

CRAFT = _words(
    r"""
    pars(?:e|er|ing) | algorithms? | recursi\w+ | caches? | caching | thread-?safe\w* | async\w* | retr(?:y|ies)
    validat\w+ | sql | regex | regular expressions? | time ?zones? | unicode | graphs? | trees? | security | secure
    vulnerabilit\w+ | performance | memory | optimi[sz]\w* | backoff | pagination | websockets? | migrat\w+
    concurrency | threads? | network | http | encoding | csv | json | xml | yaml | date | dates | floating | modules?
    classes | libraries | library | login | passwords? | upload\w* | scrap\w+ | crawl\w* | backups? | refactor
    split(?: up)? | crash\w* | leaks?
    """
)
"""What takes more than a few lines to get right."""
