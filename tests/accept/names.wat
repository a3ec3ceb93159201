;; Any name is a name: empty, long, not ASCII, control characters
;; expect: OK
(module
  (import "" "" (func))
  (func (export ""))
  (func (export "\00"))
  (func (export "\07\1b[31m"))
  (func (export "Grüße \f0\9f\92\a1"))
  (func $x (export "a")  (export "b")))
