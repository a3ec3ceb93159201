;; As the refused case of this name, but only whether it is null is asked
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (memory 1)
  (table $keep 2 externref)
  (func (export "main") (local $t externref)
    (local.set $t (table.get $keep (i32.const 0)))
    (if (i32.eqz (ref.is_null (local.get $t)))
      (then (i32.store (i32.const 0) (i32.const 1)))
    ))
)
