/* A guest that has a child. */
#ifndef TESTS_UNIT_WAT_PARENT_H
#define TESTS_UNIT_WAT_PARENT_H

#include "tests/unit/wat_module.h"

/* Asks for the child "c"; exits with the errno that it is told, or 0. */
static const char wat_parent_text[] =
    "(module (import \"singula/Processes\" \"imp.connect\" (func $connect (param i32 i32) (result "
    "externref)))"
    " (import \"singula/Processes\" \"imp.send.Start\" (func $start (param externref externref)))"
    " (import \"singula/Processes\" \"imp.next\" (func $next (param externref) (result i32)))"
    " (import \"singula/Processes\" \"imp.recv.Started\" (func $started (param externref) (result "
    "externref)))"
    " (import \"singula/Processes\" \"imp.recv.Failed\" (func $failed (param externref i32)))"
    " (import \"singula/Processes\" \"imp.close\" (func $close (param externref)))"
    " (import \"singula/Process\" \"imp.abandon\" (func $abandon (param externref)))"
    " (import \"singula/Bytes\" \"new\" (func $new (param i32) (result externref)))"
    " (import \"singula/Bytes\" \"data.write\" (func $write (param externref i32 i32 i32)))"
    " (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))"
    " (memory (export \"memory\") 1) (data (i32.const 0) \"process\") (data (i32.const 16) "
    "\"c\\00\")"
    " (func (export \"_start\") (local $p externref) (local $b externref)"
    "  (local.set $p (call $connect (i32.const 0) (i32.const 7)))"
    "  (if (ref.is_null (local.get $p)) (then (call $exit (i32.const 99)) (return)))"
    "  (local.set $b (call $new (i32.const 2)))"
    "  (call $write (local.get $b) (i32.const 0) (i32.const 16) (i32.const 2))"
    "  (call $start (local.get $p) (local.get $b))"
    "  (if (i32.eq (call $next (local.get $p)) (i32.const 1))"
    "   (then (call $abandon (call $started (local.get $p))))"
    "   (else (call $failed (local.get $p) (i32.const 64))))"
    "  (call $close (local.get $p))"
    "  (call $exit (i32.load (i32.const 64)))))";

static inline const char *wat_process_contract(void)
{
    const char *text, *name;
    for (uint32_t i = 0; (name = singula_builtin_contract(i, &text)) != NULL; i++)
        if (strcmp(name, "process") == 0)
            return text;
    ck_abort_msg("no such contract");
}

static inline struct singula_module *wat_parent(void)
{
    return wat_module(wat_parent_text, wat_process_contract());
}

#endif
