"""Routes of administration: from codes and words to the names the core compares."""

from __future__ import annotations

import re

from cds_service.fhir import values

ORAL, PARENTERAL, TOPICAL, TRANSDERMAL = "oral", "parenteral", "topical", "transdermal"
OPHTHALMIC, OTIC, NASAL, INHALATION = "ophthalmic", "otic", "nasal", "inhalation"
RECTAL, VAGINAL, SUBLINGUAL, OROMUCOSAL = "rectal", "vaginal", "sublingual/buccal", "oromucosal"
IMPLANT, INTRAVESICAL, INTRAUTERINE = "implant", "intravesical", "intrauterine"
INTRATRACHEAL, INTRAPERITONEAL = "intratracheal", "intraperitoneal"

# SNOMED CT, NCI Thesaurus, EDQM, HL7 v3 RouteOfAdministration and v2 table 0033. Their codes cannot be
# mistaken for one another, so the system does not matter; many senders leave it out or use their own.
_CODES = {
    ORAL: """26643006 127490009 127491008 127492001 418441008 418730005 420218003 417985001 372454008
        C38288 C38285 20053000 PO CHEW DISSOLVE NGT GT GJT OGT EFT ENTINSTL NG GTT SWISHSWAL""",
    PARENTERAL: """47625008 78421000 34206005 58100008 72607000 372464004 417255000 404820008 418114005
        419993007 404817000 12130007 424109004 424494006 60213007
        C38276 C28161 C38299 C38267 C38238 20045000 20035000 20066000
        IV IM SC SQ IA ID IVINJ IVINJBOL IVPUSH IVRPUSH IVSPUSH IVC IVCC IVCI IVP IVPB IVB PCA IMD IMZ SQINFUS
        IDINJ IT ITINJ EPI EPIDURINJ IAINJ IOSSINJ PARENTINJ IARTINJ ISINJ""",
    TOPICAL: """6064005 448598008 372466002 C38304 C38675 20003000
        TOPICAL SKIN SCALP HAIR NAIL SHAMPOO DRESS AP TP PERIANAL""",
    TRANSDERMAL: "45890007 C38305 20070000 TRNSDERM TRNSDERMD TD",
    OPHTHALMIC: "54485002 372468001 418401004 372476004 418821007 C38287 20051000 OPTHALTA IOINSTL IOTOP OP",
    OTIC: "10547007 418091004 C38192 20001000 OT",
    NASAL: "46713006 C38284 20049000 NASAL NASALINSTIL NASINHL NASNEB NS NAS",
    INHALATION: "447694001 420201002 C38216 20020000 NEB ORNEB ORINHL IPPB IH INH",
    RECTAL: "37161004 C38295 20061000 PR RECTAL RECINSTL RETENEMA ENEMA",
    VAGINAL: "16857009 C38313 20072000 VAGINS VAGINSI DOUCHE VG",
    SUBLINGUAL: "37839007 54471007 C38300 C38193 20067000 SL BUC TRNSLING",
    OROMUCOSAL: "372473007 372457001 418664002 372449004 ORMUC SWISHSPIT GARGLE SUCK GIN DEN MUC",
    IMPLANT: "SQIMPLNT",
    INTRAVESICAL: "372471009 BLADINSTL IVESINJ",
    INTRAUTERINE: "62226000 IU IUINSTL",
    INTRATRACHEAL: "404818005 ETINSTL ITRACHINSTIL",
    INTRAPERITONEAL: "38239002 421032001 IPERINJ",
}
_BY_CODE = {code: route for route, codes in _CODES.items() for code in codes.split()}

# The first group that matches decides what "cream", "drops" or "spray" mean; skin is what is left.
_PLACES = (
    (OPHTHALMIC, r"eyes?|ophthalmic|ocular|conjunctival"),
    (OTIC, r"ears?|otic|auricular"),
    (NASAL, r"nose|nasal|nasally|intranasal|intranasally|nostrils?"),
    (VAGINAL, r"vagina|vaginal|vaginally|per vaginam"),
    (RECTAL, r"rectum|rectal|rectally|pr|per rectum|enema"),
    (SUBLINGUAL, r"sublingual|sublingually|sl|under the tongue|buccal|buccally"),
    (INHALATION, r"inhal(?:e|ed|er|ation|ational)|inh|puffs?|nebuli[sz](?:ed|er|ation)|respiratory tract"),
    (TRANSDERMAL, r"transdermal|transdermally|td|patch|patches"),
    (OROMUCOSAL, r"mouthwash|gargle|oromucosal"),
    (INTRAVESICAL, r"intravesical|intravesically"),
)
_SYSTEMIC = (
    (
        PARENTERAL,
        r"iv|ivpb|intravenous|intravenously|im|intramuscular|intramuscularly|sc|sq|subcut|subcutaneous"
        r"|subcutaneously|intrathecal|intradermal|epidural|injection|injected|inject|infusion|infuse|parenteral"
        r"|parenterally",
    ),
    (ORAL, r"po|per os|oral|orally|by mouth|swallow"),
)
_SKIN = ((TOPICAL, r"cream|ointment|lotion|topical|topically|cutaneous|skin|scalp|gel|shampoo"),)


def _compiled(groups: tuple[tuple[str, str], ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((route, re.compile(rf"\b(?:{words})\b")) for route, words in groups)


_PLACE_WORDS, _SYSTEMIC_WORDS, _SKIN_WORDS = _compiled(_PLACES), _compiled(_SYSTEMIC), _compiled(_SKIN)
_LONGEST_TEXT = 400


def route_of_concept(concept: object) -> frozenset[str]:
    """
    The routes a CodeableConcept of `dosageInstruction.route` names; empty if none is known.

    Codes first, then the words of displays and text.
    """
    routes = set()
    words = []
    for part in values.mappings(concept):
        for coding in values.mappings(part.get("coding")):
            if route := _BY_CODE.get(values.text(coding.get("code")).upper()):
                routes.add(route)
            words.append(values.text(coding.get("display")))
        words.append(values.text(part.get("text")))
    if routes:
        return frozenset(routes)
    return frozenset().union(*(routes_in_text(text) for text in words if text))


def routes_in_text(text: str) -> frozenset[str]:
    """
    The routes a label or an instruction names in words; several if it names several, empty if none.

    >>> routes_in_text("5% cream, topical"), routes_in_text("0.3% eye drops")
    (frozenset({'topical'}), frozenset({'ophthalmic'}))
    >>> routes_in_text("apply the cream rectally"), routes_in_text("75 mg PO daily")
    (frozenset({'rectal'}), frozenset({'oral'}))
    """
    lower = text[:_LONGEST_TEXT].lower()
    found = {route for route, words in _PLACE_WORDS if words.search(lower)}
    found |= {route for route, words in _SYSTEMIC_WORDS if words.search(lower)}
    return frozenset(found or {route for route, words in _SKIN_WORDS if words.search(lower)})
