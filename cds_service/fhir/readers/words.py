"""What a laboratory's words say, as far as that can be told without knowing the gene's alleles."""

from __future__ import annotations

import re

#: Longer texts are a narrative, and no reader takes a result out of a narrative.
LONGEST_RESULT = 120
MOST_WORDS = 15
#: Characters that are searched; keeps the time for hostile texts short.
_FAR_ENOUGH = 400

PRESENT = frozenset({"present", "positive"})
ABSENT = frozenset({"absent", "negative"})
UNDECIDED = frozenset({"indeterminate", "inconclusive"})
NO_CALL = frozenset({"no call", "failure"})
NOT_PERFORMED = "not performed"
NO_RESULT = NO_CALL | {NOT_PERFORMED}
DOCUMENT = "document"
PENDING = "pending"

_GENOTYPE = re.compile(
    r"\*\s?\d"  # a star allele or an HLA allele
    r"|\bhla#"
    r"|\b[cgm]\.[\[(]?[*-]?\d"
    r"|\brs\d{3,}\b.*[ACGT]"
    r"|-\s?\d{2,5}\s?(?:[ACGT]|:)"
    r"|(?:^|\s)[ACGT]\s?[/|>:]?\s?[ACGT]$"
    r"|^[eE][234]\s?/\s?[eE]?[234]$"
)
_LETTERS = re.compile(r"[ACGT]\s?[/|>:]?\s?[ACGT]")
_STAR = re.compile(r"\*\s?(\d{1,3}[A-Z]?(?![A-Za-z0-9]))(?!\s?[/|:])")
_POSITION = re.compile(r"\brs\d{3,}\b|-\d{2,5}(?=\s?[ACGT]\s?>)", re.IGNORECASE)
_REPEATS = re.compile(r"[5-8]\s?/\s?[5-8]")

_LIMITS = re.compile(
    r"\bnot\s+(?:be\s+)?(?:assess|test|determin|evaluat|exclud|cover|interrogat|perform|includ|analy)"
    r"|\balleles?\s+(?:tested|assessed|covered|included|interrogated)|\bonly\b|\blimit|\bresolution\b"
    r"|\bcopy[- ]number\b|\b(?:can|could|does|did)\s*(?:not|n't)\b|\bwithout\b|\btargeted\b"
    r"|\btransplant|\bdonor\b",
    re.IGNORECASE,
)
_REMARK = re.compile(r"\s*(?:\(([^()]+)\)|(?:;|,|\s-)\s+([^()*;]+))$")

_UNSURE = re.compile(
    r"\b(?:indetermin\w*|inconclus\w*|equivocal|insufficient|borderline|qns|no call|failed|invalid|pending"
    r"|not (?:performed|tested|evaluated|evaluable))\b"
)
_NEGATIVE = re.compile(
    r"\bnot (?:detected|identified|present|amplified|found|rearranged|seen|mutated|a carrier)\b"
    r"|\bno(?:ne)?\b[^.;]*\b(?:detected|identified|found|present|seen)\b"
    r"|\b(?:negative|neg|absent|undetected|wild[ -]?type|non[ -]?carrier|unmutated)\b"
    r"|\b(?:no|without)\s(?:evidence of )?(?:[a-z]+ )?"
    r"(?:mutations?|variants?|rearrangements?|fusions?|amplification|[a-z]\d{2,4}[a-z])\b"
)
#: What is said of anything else takes nothing back from what was found.
_NOTHING_ELSE = re.compile(r"\bno (?:other|additional|further)\b[^.;,]*")
_POSITIVE = re.compile(
    r"\b(?:positive|pos|detected|present|identified|amplified|carrier|mutated|rearranged|found"
    r"|het|hom|hemi|heterozygous|homozygous|hemizygous|homoplasmic|heteroplasmic|pathogenic)\b"
)
_CHANGE = re.compile(
    r"\b[cgmp]\.\S|\b[A-Z]\d{2,4}[A-Z]\b|\b[A-Z]\d{2,4}_[A-Z]\d{2,4}(?:del|ins|dup)"
    r"|\b[Ee]x(?:on)?[ -]?\d+[ -]?(?:del|ins|dup|skip)|\bfusion\b|\w::\w|\bx?\d\+"
)
_DNA_CHANGE = re.compile(r"\b[cgm]\.[^\s,;]*[^\s,;.)]")
_PROTEIN_CHANGE = re.compile(r"\bp\.\(?[A-Z][A-Za-z]{0,2}\d+[A-Za-z0-9_*=]*")
_CLASS = re.compile(r"metaboli|function|acetylator", re.IGNORECASE)
_ZYGOSITY = re.compile(r"\b(het(?:erozyg\w+)?|hom(?:ozyg\w+)?|hemi(?:zyg\w+)?|homoplasm\w+|heteroplasm\w+)\b")
_ZYGOSITIES = ("heterozygous", "homozygous", "hemizygous", "homoplasmic", "heteroplasmic")
_SIGNIFICANCE = (
    ("non[- ]?pathogenic", "benign"),
    ("not (?:\\w+ ){0,3}pathogenic", "benign"),
    ("conflicting \\w+ of pathogenicity", "uncertain"),
    ("likely pathogenic", "likely pathogenic"),
    ("likely benign", "likely benign"),
    ("uncertain significance", "uncertain"),
    ("unknown significance", "uncertain"),
    ("vus", "uncertain"),
    ("pathogenic", "pathogenic"),
    ("benign", "benign"),
)
_AMBIGUITY = re.compile(r"[/|~^]")
_TYPED = re.compile(
    r"\b(?:HLA-)?(A|B|C|DRB1|DQA1|DQB1|DPB1)\*(\d{2,3}(?::\d{2,3})*[GPN]?)\b"
    r"|(?<=[\s,+;])\*?(\d{2,3}(?::\d{2,3})+[GPN]?)\b",
    re.IGNORECASE,
)
_HLA = re.compile(
    r"\bHLA[ -]?(A|B|C|DRB1|DQA1|DQB1|DPB1)\s?[ *]?\s?(\d{2,3}):(\d{2,3})|"
    r"\bHLA[ -]?(A|B|C|DRB1|DQA1|DQB1|DPB1)\s?[ *]?\s?(\d{2})(\d{2})\b",
    re.IGNORECASE,
)


def is_narrative(text: str) -> bool:
    """True for a text too long to be a result."""
    return len(text) > LONGEST_RESULT and " " in text or text.count(" ") >= MOST_WORDS


def looks_like_genotype(text: str) -> bool:
    """
    A light check for alleles, named changes or base letters; whether the gene knows them is not asked here.

    >>> [looks_like_genotype(text) for text in ("*1/*2", "TC", "-1639 G/A", "Poor metabolizer", "13.1")]
    [True, True, True, False, False]
    """
    return _GENOTYPE.search(text[:_FAR_ENOUGH]) is not None


def states_limits(text: str) -> bool:
    """True if a remark says what a test did not or could not see, or that a donor was tested."""
    return _LIMITS.search(text) is not None


def without_limits(text: str) -> tuple[str, str]:
    """
    A genotype and the remark behind it that states limits; the whole text and nothing without such a remark.

    >>> without_limits("*4/*4 (copy number not assessed)"), without_limits("*1/*2 (c.681G>A)")
    (('*4/*4', 'copy number not assessed'), ('*1/*2 (c.681G>A)', ''))
    """
    found = _REMARK.search(text)
    remark = (found.group(1) or found.group(2)).strip() if found else ""
    if found is None or not states_limits(remark) or looks_like_genotype(remark):
        return text, ""
    return text[: found.start()], remark


def is_bare_letters(text: str) -> bool:
    """True for base letters and nothing else."""
    return _LETTERS.fullmatch(text) is not None


def typings_in(text: str) -> list[tuple[str, str]]:
    """
    Gene and alleles of each locus of a typing that names its loci by letters; nothing if it is ambiguous.

    >>> typings_in("A*02:01, *24:02; B*57:01,07:02")
    [('HLA-A', 'HLA-A*02:01, HLA-A*24:02'), ('HLA-B', 'HLA-B*57:01, HLA-B*07:02')]
    """
    if _AMBIGUITY.search(text):
        return []
    found: dict[str, list[str]] = {}
    locus = ""
    for match in _TYPED.finditer(text):
        locus = f"HLA-{match.group(1).upper()}" if match.group(1) else locus
        if locus:
            found.setdefault(locus, []).append(f"{locus}*{match.group(2) or match.group(3)}")
    return [(gene, ", ".join(alleles)) for gene, alleles in found.items()]


def star_alleles(name: str) -> list[str]:
    """
    The star alleles a test name names, once each; none of a pair or a typing.

    >>> star_alleles("CYP2C19 *2 allele"), star_alleles("CYP2C19*2/*3"), star_alleles("HLA-B*57:01")
    (['*2'], ['*3'], [])
    """
    return list(dict.fromkeys(f"*{allele}" for allele in _STAR.findall(name)))


def with_position(text: str, name: str) -> str:
    """
    Bare base letters, completed by the position the test name gives; any other text unchanged.

    Letters alone do not say on which strand they stand.

    >>> with_position("A/A", "VKORC1 -1639 G>A"), with_position("TC", "SLCO1B1 RS4149056")
    ('-1639 A/A', 'rs4149056 TC')
    """
    if not _LETTERS.fullmatch(text):
        return text
    found = _POSITION.search(name)
    return f"{found.group().lower()} {text}" if found else text


def is_repeat_count(text: str, name: str) -> bool:
    """True for counts of TA repeats, which are a genotype only where the test name says what is counted."""
    return _REPEATS.fullmatch(text) is not None and re.search(r"\bTA\b", name) is not None


def presence_of(text: str) -> bool | None:
    """
    Whether a text says that something was found; None if it does not say, is unsure, or says both.

    >>> presence_of("No mutation detected"), presence_of("L858R detected"), presence_of("2+ (equivocal)")
    (False, True, None)
    >>> presence_of("No T790M"), presence_of("No function"), presence_of("L858R found, no other mutations")
    (False, None, True)
    """
    plain = _NOTHING_ELSE.sub(" ", text[:_FAR_ENOUGH].lower())
    if _UNSURE.search(plain):
        return None
    rest, negative = _NEGATIVE.subn(" ", plain)
    positive = _POSITIVE.search(rest) is not None
    return None if positive == bool(negative) else positive


def says_both(text: str) -> bool:
    """
    True if a text surely says that something was found, and that something was not.

    >>> says_both("c.1905+1G>A het; c.1679T>G not detected"), says_both("No mutation detected")
    (True, False)
    """
    plain = _NOTHING_ELSE.sub(" ", text[:_FAR_ENOUGH].lower())
    rest, negative = _NEGATIVE.subn(" ", plain)
    return bool(negative) and _UNSURE.search(plain) is None and _POSITIVE.search(rest) is not None


def may_name_a_class(text: str) -> bool:
    """A quick look whether a text may mention a phenotype."""
    return _CLASS.search(text) is not None


def is_doubtful(text: str) -> bool:
    """True if a text denies something or is unsure about it."""
    plain = _NOTHING_ELSE.sub(" ", text[:_FAR_ENOUGH].lower())
    return _UNSURE.search(plain) is not None or _NEGATIVE.search(plain) is not None


def names_a_change(text: str) -> bool:
    """True if a text names a change of DNA or protein, a fusion or a staining grade."""
    return _CHANGE.search(text) is not None


def dna_changes(text: str) -> list[str]:
    """
    The changes of DNA a text names in HGVS, once each; without any, the changes of protein.

    >>> dna_changes("c.1399G>A (p.Ala467Thr) and c.2243G>C (p.Trp748Ser)")
    ['c.1399G>A', 'c.2243G>C']
    >>> dna_changes("p.G2019S heterozygous")
    ['p.G2019S']
    """
    found = _DNA_CHANGE.findall(text) or [change.replace("(", "") for change in _PROTEIN_CHANGE.findall(text)]
    return list(dict.fromkeys(found))


def names_only_protein(text: str) -> bool:
    """True if a text names changes of protein and nothing of DNA, as in `p.G2019S heterozygous`."""
    return "p." in text and _PROTEIN_CHANGE.search(text) is not None and _DNA_CHANGE.search(text) is None


def zygosity_in(text: str) -> str:
    """The zygosity a text states, or empty if it states none or more than one."""
    found = {_zygosity(word) for word in _ZYGOSITY.findall(text[:_FAR_ENOUGH].lower())}
    return found.pop() if len(found) == 1 else ""


def _zygosity(word: str) -> str:
    """The full word of a form or an abbreviation."""
    return next(
        full for full in _ZYGOSITIES if full.startswith(word[:7]) or (len(word) < 5 and full.startswith(word))
    )


def significance_in(text: str) -> str:
    """The clinical significance a text states for what it found; empty if it found nothing or states none."""
    plain = _NOTHING_ELSE.sub(" ", text[:_FAR_ENOUGH].lower())
    if _NEGATIVE.search(plain):
        return ""
    return next((term for words, term in _SIGNIFICANCE if re.search(rf"\b{words}\b", plain)), "")


def hla_alleles(text: str) -> list[tuple[str, str]]:
    """
    Gene and allele of each HLA allele a text names, in two fields, old four-digit spelling included.

    >>> hla_alleles("HLA-B*57:01"), hla_alleles("HLA B5801 (PCR)")
    ([('HLA-B', '*57:01')], [('HLA-B', '*58:01')])
    """
    found: list[tuple[str, str]] = []
    if "HLA" not in text.upper():
        return found
    for match in _HLA.finditer(text):
        locus, first, second = (part for part in match.groups() if part)
        found.append((f"HLA-{locus.upper()}", f"*{first}:{second}"))
    return list(dict.fromkeys(found))
