/* What comes in by stdin, at once, slowly or never, in lines, numbers and bytes. */
// run: {"stdin": ""}
// run: {"stdin": "a line\nanother line\n3 4.5 word\nlast without end"}
// run: {"stdin": "slow\nand slower\n12 1e3 x\ntail", "slow": true}
// run: {"stdin": "x", "repeat": 100000}
#include <ctype.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    char line[64], word[16];
    int n = 0;
    double d = 0;
    for (int i = 0; i < 2 && fgets(line, sizeof line, stdin); i++) {
        for (char *p = line; *p; p++)
            *p = (char)toupper((unsigned char)*p);
        printf("%zu %s", strlen(line), line);
    }
    int fields = scanf("%d %lf %15s ", &n, &d, word);
    printf("fields %d: %d %g\n", fields, n, d);
    unsigned long bytes = 0, sum = 0;
    for (int c; (c = getchar()) != EOF; bytes++)
        sum = (sum * 31 + (unsigned long)c) & 0xffffff;
    printf("%lu bytes, sum %lu, eof %d, error %d\n", bytes, sum, feof(stdin) != 0,
           ferror(stdin) != 0);
    return 0;
}
