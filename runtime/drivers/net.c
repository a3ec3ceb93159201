/* Addresses, and the rules of grants about them. */
#include "runtime/drivers/drivers_int.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The port in decimal; -1: it is none. */
static int parse_port(const char *s)
{
    char *end;
    if (*s < '0' || *s > '9')
        return -1;
    unsigned long port = strtoul(s, &end, 10);
    return *end || port > 65535 ? -1 : (int)port;
}

bool net_parse(const char *text, uint32_t n, struct net_address *out)
{
    char copy[64];
    if (!n || n >= sizeof copy || memchr(text, 0, n))
        return false;
    memcpy(copy, text, n);
    copy[n] = 0;
    char *colon = strrchr(copy, ':'), *host = copy;
    int port = colon ? parse_port(colon + 1) : -1;
    if (port < 0)
        return false;
    *colon = 0;
    *out = (struct net_address){0};
    if (host[0] == '[' && colon > host + 1 && colon[-1] == ']') {
        colon[-1] = 0;
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons((uint16_t)port);
        out->bytes = sizeof out->v6;
        return inet_pton(AF_INET6, host + 1, &out->v6.sin6_addr) == 1;
    }
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons((uint16_t)port);
    out->bytes = sizeof out->v4;
    return inet_pton(AF_INET, host, &out->v4.sin_addr) == 1;
}

static const char *after(const char *s, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

bool net_rule(const char *text, struct net_rule *out)
{
    const char *at = after(text, "listen ");
    *out = (struct net_rule){.listens = at != NULL};
    if (!at)
        at = after(text, "connect ");
    const char *colon = at ? strrchr(at, ':') : NULL;
    if (!colon)
        return false;
    out->any_host = colon == at + 1 && at[0] == '*';
    out->any_port = strcmp(colon, ":*") == 0;
    char address[64];
    int n = snprintf(address, sizeof address, "%.*s:%s", out->any_host ? 7 : (int)(colon - at),
                     out->any_host ? "0.0.0.0" : at, out->any_port ? "0" : colon + 1);
    return n > 0 && (size_t)n < sizeof address && net_parse(address, (uint32_t)n, &out->address);
}

static uint16_t port_of(const struct net_address *a)
{
    return a->any.sa_family == AF_INET ? a->v4.sin_port : a->v6.sin6_port;
}

static bool same_host(const struct net_address *a, const struct net_address *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return false;
    return a->any.sa_family == AF_INET
               ? a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr
               : memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof a->v6.sin6_addr) == 0;
}

bool net_allowed(const struct grants *g, bool listens, const struct net_address *to)
{
    for (uint32_t i = 0; i < g->nrules; i++) {
        const struct net_rule *r = &g->rules[i];
        if (r->listens == listens && (r->any_host || same_host(&r->address, to)) &&
            (r->any_port || port_of(&r->address) == port_of(to)))
            return true;
    }
    return false;
}
