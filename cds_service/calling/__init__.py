"""From a VCF to alleles: reads positions, matches alleles, says what it could not see."""
