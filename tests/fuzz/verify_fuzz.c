/* libFuzzer target for the whole verifier: clang, -Dfuzz=true.
 * tests/fuzz/verify_fuzz -max_len=4096 CORPUS_FOLDER */
#include "tests/fuzz/corpus.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    corpus_verify(bytes, n);
    return 0;
}
