;; As the refused case of this name, but freed, which null may be
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $none (param $t externref)
    (if (i32.eqz (ref.is_null (local.get $t))) (then (unreachable))))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.alloc (i32.const 4)))
    (call $none (local.get $t))
    (block
      (br_if 0 (call $choose))
      (i32.store (i32.const 0) (i32.const 1)))
    (call $Text.free (local.get $t)))
)
