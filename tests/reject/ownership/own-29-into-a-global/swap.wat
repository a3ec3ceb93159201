;; A cache of one text in a global: what was there comes out, of unknown origin
;; expect: OWN_FOREIGN func=1 offset=0x57
;; monitor: - the global holds null at first
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (global $cache (mut externref) (ref.null extern))
  (func (export "main") (local $t externref)
    (local.set $t (global.get $cache))
    (if (i32.eqz (ref.is_null (local.get $t)))
      (then (call $Text.free (local.get $t))))) ;; <- refused here
)
