print("tokenwatchd")
