;; As the refused case of this name, but the cache is a local of the loop
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (global $cache (mut externref) (ref.null extern))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (if (i32.eqz (ref.is_null (local.get $t)))
      (then (call $Text.free (local.get $t)))))
)
