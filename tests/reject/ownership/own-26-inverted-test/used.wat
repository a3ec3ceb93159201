;; The text is stamped when the test says null
;; expect: OWN_MAYBE_NULL func=3 offset=0x96
;; monitor: MON_NULL
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $t externref) (local $ok i32)
    (local.set $t (call $Text.alloc (i32.const 4)))
    (local.set $ok (i32.eqz (ref.is_null (local.get $t))))
    (block $out
      (br_if $out (i32.ne (local.get $ok) (local.get $ok)))
      (call $Text.stamp.set (local.get $t) (i64.const 1))) ;; <- refused here
    (call $Text.free (local.get $t)))
)
