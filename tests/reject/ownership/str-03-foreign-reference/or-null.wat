;; A reference of the host on one path, null on the other: freed as if it were null
;; expect: OWN_FOREIGN func=2 offset=0x6c
;; monitor: - the table holds null, and null may be freed
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (table $t 4 externref)
  (func (export "main") (local $x externref)
    (if (call $choose)
      (then (local.set $x (table.get $t (i32.const 1))))
      (else (local.set $x (ref.null extern))))
    (call $Text.free (local.get $x))) ;; <- refused here
)
